import { Store, storeApiPrefix, stores } from "@myelin/subjects";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect, credsAuthenticator } from "@nats-io/transport-node";
import { type TestIssuer, testIssuer } from "../../../libs/testing/issuer.ts";
import { type HostileAccounts, hostileAccounts } from "../../support/hostile/accounts.ts";
import { hostilePolicy } from "../../support/hostile/policy.ts";
import { BenchError, type Setting } from "../support/bench.ts";
import type { Child } from "../support/child.ts";
import { Children } from "../support/children.ts";
import type { Driven } from "../support/drive.ts";
import { type Figure, middle, ratio } from "../support/figure.ts";
import { cpuMs } from "../support/processes.ts";
import { rounds } from "../support/rounds.ts";
import { Server } from "../support/server.ts";
import type { Desk } from "./publisher.ts";

/** The two that are compared: streams in the agents' own account, and in a store account beside it. */
const sides = ["one", "store"] as const;
type Side = (typeof sides)[number];

const subject = "mesh.event.bob.done";
/** The streams keep so many: neither grows while the other is measured. */
const kept = 1_000;

/** Publishing an event with its receipt, through the store account against the same in one account. */
export async function storeCost(setting: Setting): Promise<Figure[]> {
  const issuer = await testIssuer();
  const accounts = {
    one: await hostileAccounts(issuer, hostilePolicy, { oneAccount: true }),
    store: await hostileAccounts(issuer, hostilePolicy, {}),
  };
  await using server = await Server.start(setting, (folder) =>
    [
      issuer.config,
      `resolver_preload { ${issuer.systemEntry}`,
      ...sides.flatMap((side) => accounts[side].entries),
      "}",
      `jetstream { store_dir: "${folder}/jetstream" }`,
    ].join("\n"),
  );
  await using children = new Children(setting);
  const publishers: Partial<Record<Side, Child>> = {};
  for (const side of sides) {
    await makeStream(server, issuer, accounts[side]);
    const desk: Desk = {
      ...{ url: server.url, caFile: issuer.caFile, subject },
      api: side === "one" ? "$JS.API" : storeApiPrefix,
      credentials: await accounts[side].credentials("bob"),
    };
    publishers[side] = await children.start("identity/publisher", desk);
  }
  const { one, store } = publishers;
  if (one === undefined || store === undefined) throw new BenchError("a publisher is missing");
  return [
    ...(await compare(setting, server, { one, store }, { id: "store", inFlight: 64 })),
    ...(await compare(setting, server, { one, store }, { id: "store.1", inFlight: 1 })),
  ];
}

interface Level {
  readonly id: string;
  readonly inFlight: number;
}

async function compare(
  setting: Setting,
  server: Server,
  publishers: Readonly<Record<Side, Child>>,
  { id, inFlight }: Level,
): Promise<Figure[]> {
  const results = await rounds(
    setting.quick ? 6 : 15,
    sides.map((side) => ({
      name: side,
      run: () => slice(publishers[side], server, { inFlight, forMs: setting.quick ? 300 : 600 }),
    })),
    (line) => setting.say(`publishing, ${inFlight} in flight: ${line}`),
  );
  const rate = (side: Side): number[] => results(side).map((result) => result.rate);
  const cpu = (side: Side): string =>
    middle(results(side).map((one) => one.cpuUs)).value.toFixed(1);
  return [
    {
      id: `identity.${id}`,
      ...ratio(rate("store"), rate("one")),
      unit: "x one account",
      note: `server's CPU µs a publish: store account ${cpu("store")}, one account ${cpu("one")}`,
    },
    { id: `identity.${id}.rate`, ...middle(rate("store")), unit: "publishes/s" },
  ];
}

interface Slice extends Driven {
  /** What each publish cost the server, in microseconds. */
  readonly cpuUs: number;
}

async function slice(
  publisher: Child,
  server: Server,
  load: { readonly inFlight: number; readonly forMs: number },
): Promise<Slice> {
  const before = await cpuMs(server.pid);
  const driven = await publisher.ask<Driven>("drive", load);
  if (driven.failures > 0) throw new BenchError(`a publish failed: ${driven.firstFailure}`);
  const spentMs = (await cpuMs(server.pid)) - before;
  return { ...driven, cpuUs: (spentMs * 1_000) / driven.answers };
}

async function makeStream(
  server: Server,
  { caFile }: TestIssuer,
  accounts: HostileAccounts,
): Promise<void> {
  const credentials = new TextEncoder().encode(await accounts.credentials("keeper"));
  const nc = await connect({
    servers: server.url,
    tls: { caFile },
    authenticator: credsAuthenticator(credentials),
    inboxPrefix: "_INBOX.keeper",
  });
  const jsm = await jetstreamManager(nc);
  const shape = stores.find(({ name }) => name === Store.events);
  await jsm.streams.add({ ...shape, max_msgs: kept } as never);
  await nc.close();
}
