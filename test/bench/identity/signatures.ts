import type { Setting } from "../support/bench.ts";
import { Children } from "../support/children.ts";
import { type Figure, middle } from "../support/figure.ts";
import { payloadBytes } from "../support/payload.ts";
import type { SigningCosts } from "./signing.ts";

/** What signing a durable message costs, and checking one; sealing a payload, and opening one. */
export async function signatureCosts(setting: Setting): Promise<Figure[]> {
  await using children = new Children(setting);
  const signing = await children.start("identity/signing", undefined);
  setting.say("signatures");
  const count = setting.quick ? 500 : 1_000;
  await signing.ask("measure", count);
  const passes: SigningCosts[] = [];
  for (let pass = 0; pass < (setting.quick ? 7 : 21); pass++) {
    passes.push(await signing.ask<SigningCosts>("measure", count));
  }
  return [
    {
      id: "identity.sign",
      ...middle(passes.map(({ signUs }) => signUs)),
      unit: "µs",
      note: `CPU a message of ${payloadBytes} bytes`,
    },
    {
      id: "identity.verify",
      ...middle(passes.map(({ verifyUs }) => verifyUs)),
      unit: "µs",
      note: "CPU a message, all checks; the signer's chain is known from its first message",
    },
    {
      id: "identity.seal",
      ...middle(passes.map(({ sealUs }) => sealUs)),
      unit: "µs",
      note: `CPU a payload of ${payloadBytes} bytes, the agreed secret is known from the first one`,
    },
    {
      id: "identity.open",
      ...middle(passes.map(({ openUs }) => openUs)),
      unit: "µs",
      note: "CPU a payload",
    },
  ];
}
