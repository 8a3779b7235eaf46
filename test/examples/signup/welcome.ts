import { connect, locate, on } from "@myelin/mesh";
import { accounts } from "./contract.ts";

// Writes to each new user. The event's id keeps the letter single, should this process die half-way.
const mesh = await connect({ ...locate(process.env), name: "welcome" });
await mesh.follow("signups", [
  on(accounts, "user.signed-up", ({ user }, { id }) => {
    console.log(`letter ${id}: welcome, ${user}`);
  }),
]);
