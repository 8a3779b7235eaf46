import { connect, locate, on } from "@myelin/mesh";
import { accounts } from "./contract.ts";

// Counts plans, over all that was ever told.
const mesh = await connect({ ...locate(process.env), name: "analytics" });
const counts = { free: 0, paid: 0 };
await mesh.follow("signups", [
  on(accounts, "user.signed-up", ({ plan }) => {
    counts[plan]++;
    console.log(`free ${counts.free}, paid ${counts.paid}`);
  }),
]);
