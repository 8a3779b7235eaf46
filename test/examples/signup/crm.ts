import { connect, locate, on } from "@myelin/mesh";
import { accounts } from "./contract.ts";

// Keeps the customers' cards. What fails here is tried again; the others do not wait for it.
const mesh = await connect({ ...locate(process.env), name: "crm" });
let isDown = true;
await mesh.follow(
  "signups",
  [
    on(accounts, "user.signed-up", ({ user }, { attempt }) => {
      if (isDown) {
        isDown = false;
        throw new TypeError("the customers' database is away");
      }
      console.log(`card of ${user}, attempt ${attempt}`);
    }),
  ],
  { concurrency: 1, firstDelayMs: 50 },
);
