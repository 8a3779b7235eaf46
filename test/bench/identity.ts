import { callCosts } from "./identity/calls.ts";
import { connectCosts } from "./identity/connecting.ts";
import { loginOf, makeHome, startSecure } from "./identity/home.ts";
import { paperCosts } from "./identity/papers.ts";
import { signatureCosts } from "./identity/signatures.ts";
import { storeCost } from "./identity/store.ts";
import type { Bench, Setting } from "./support/bench.ts";
import type { Figure } from "./support/figure.ts";
import { temporaryFolder } from "./support/folder.ts";
import { Server } from "./support/server.ts";

/** What identity costs: issuing, logging in, calls under permissions, signatures, the store account. */
export const identity: Bench = {
  programs: [
    "call/agent",
    "call/caller",
    "identity/issuing",
    "identity/joining",
    "identity/publisher",
    "identity/signing",
  ],

  async run(setting) {
    return [
      ...(await paperCosts(setting)),
      ...(await secured(setting)),
      ...(await signatureCosts(setting)),
      ...(await storeCost(setting)),
    ];
  },
};

/** Joining and calling, over TLS with JWT and compiled permissions against plain text. */
async function secured(setting: Setting): Promise<Figure[]> {
  await using folder = await temporaryFolder();
  const home = await makeHome(folder.path);
  await using plain = await Server.start(setting);
  await using secure = await startSecure(setting, home);
  const worlds = { plain, secure, login: loginOf(home) };
  return [...(await connectCosts(setting, worlds)), ...(await callCosts(setting, worlds))];
}
