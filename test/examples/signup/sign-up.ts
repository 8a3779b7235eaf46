import { connect, locate } from "@myelin/mesh";
import { accounts } from "./contract.ts";

// Signs up whoever is named: `sign-up.ts ada bob`. The id makes it one event, should this run twice within two minutes.
const mesh = await connect({ ...locate(process.env), name: "accounts" });
for (const user of process.argv.slice(2)) {
  const { duplicate } = await mesh.publish(
    accounts,
    "user.signed-up",
    { user, plan: user.length > 3 ? "paid" : "free" },
    { id: `signup-${user}`, subject: user },
  );
  console.log(`${user} ${duplicate ? "was" : "is"} signed up`);
}
await mesh.close();
