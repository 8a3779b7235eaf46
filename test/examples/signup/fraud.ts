import { connect, locate, on } from "@myelin/mesh";
import { accounts } from "./contract.ts";

// Came last. mesh.yaml lets it follow from the beginning, so it looks at everybody who has signed up so far.
const mesh = await connect({ ...locate(process.env), name: "fraud" });
await mesh.follow("signups", [
  on(accounts, "user.signed-up", ({ user }, { sequence }) => {
    console.log(`looked at ${user}, event ${sequence}`);
  }),
]);
