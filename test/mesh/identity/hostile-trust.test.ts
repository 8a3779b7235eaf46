import assert from "node:assert/strict";
import { test } from "node:test";
import { Header, Store } from "@myelin/subjects";
import { type MsgHdrs, headers as newHeaders } from "@nats-io/transport-node";
import {
  CardCheck,
  EnvelopeCheck,
  type EnvelopeKind,
  parseCredentials,
  readOperator,
  signCard,
  signEnvelope,
  type Trust,
} from "../../../libs/identity/index.ts";
import { testIssuer } from "../../../libs/testing/issuer.ts";
import { patient } from "../../support/dial.ts";
import { defended } from "../../support/hostile/defended.ts";
import { HostileMesh } from "../../support/hostile/mesh.ts";

test("what an agent signed, and its card, count where they belong", async () => {
  await using mesh = await HostileMesh.start();
  const jsm = await mesh.store(Store.events);
  const headers = await signed(mesh, "bob", "it is done");
  const bob = await mesh.login("bob");
  await bob.request("mesh.event.bob.done", "it is done", { headers, ...patient });
  const message = await jsm.streams.getMessage(Store.events, { seq: 1 });
  const reader = await readerOf(mesh);
  assert.ok(
    message !== null && (await reader({ ...found(message), place: "MESH_EVENTS:1", target: "*" })),
  );
  const check = new CardCheck(await trustOf(mesh));
  const shown = await card(mesh, "bob", { name: "bob", endpoints: [endpoint("bob", "wipe")] });
  assert.equal((await check.verify(shown, new Date())).is, "verified");
});

/** A way around the permissions is assumed here: `witness` may publish everything, so only the signature is in the way. */
const replays: Readonly<Record<string, Replay>> = {
  "under another subject": {
    stored: ["mesh.event.mallory.gossip"],
    read: { stream: Store.events, subject: "mesh.event.mallory.gossip", target: "*" },
  },
  "under another speaker's name": {
    stored: ["mesh.event.carol.done"],
    read: { stream: Store.events, subject: "mesh.event.carol.done", target: "*" },
  },
  "as another kind of message, for another target": {
    stored: ["mesh.task.bob.wipe.high.bob"],
    read: { stream: Store.tasks, subject: "mesh.task.bob.wipe.high.bob", target: "bob" },
  },
  "with another body": {
    stored: ["mesh.event.bob.done"],
    body: "something else was done",
    read: { stream: Store.events, subject: "mesh.event.bob.done", target: "*" },
  },
  twice: {
    stored: ["mesh.event.bob.done", "mesh.event.bob.done"],
    read: { stream: Store.events, subject: "mesh.event.bob.done", target: "*" },
  },
};

interface Replay {
  /** Where what bob signed for `mesh.event.bob.done` is stored. */
  readonly stored: readonly string[];
  readonly body?: string;
  readonly read: Reading;
}

interface Reading {
  readonly stream: string;
  readonly subject: string;
  readonly target: string;
}

for (const [how, { stored, body, read }] of Object.entries(replays)) {
  defended(`what an agent signed counts nowhere else: ${how}`, {
    attack: async (mesh) => {
      const jsm = await mesh.store(read.stream, Store.events);
      const headers = await signed(mesh, "bob", "it is done");
      const witness = await mesh.login("witness");
      for (const subject of stored)
        await witness.request(subject, body ?? "it is done", { headers, ...patient });
      const reader = await readerOf(mesh);
      const { state } = await jsm.streams.info(read.stream);
      let believed = 0;
      for (let seq = state.first_seq; seq <= state.last_seq; seq++) {
        const message = await jsm.streams.getMessage(read.stream, { seq });
        if (message === null) continue;
        const place = `${read.stream}:${seq}`;
        if (await reader({ ...found(message), place, target: read.target })) believed++;
      }
      return believed === stored.length;
    },
    without: { naive: true },
  });
}

function found({ header, subject, data, time }: Omit<Found, "place" | "target">) {
  return { header, subject, data, time };
}

/** What bob signs for everybody who follows its events. */
async function signed(mesh: HostileMesh, name: string, body: string): Promise<MsgHdrs> {
  const signer = parseCredentials(await mesh.accounts.credentials(name));
  const now = Date.now();
  const letter = {
    kind: "event" as const,
    target: "*",
    subject: `mesh.event.${name}.done`,
    id: "id-1",
    issuedAt: new Date(now),
    expiresAt: new Date(now + 60_000),
    contentType: "application/json",
    body: new TextEncoder().encode(body),
  };
  const { envelope, signer: jwt } = signEnvelope(letter, signer);
  const headers = newHeaders();
  headers.set(Header.envelope, envelope);
  headers.set(Header.signer, jwt);
  return headers;
}

interface Found {
  readonly header: MsgHdrs;
  readonly subject: string;
  readonly data: Uint8Array;
  readonly time: Date;
  readonly place: string;
  readonly target: string;
}

/** Tells whether a reader believes what it finds; one that is naive goes by the subject. */
async function readerOf(mesh: HostileMesh): Promise<(found: Found) => Promise<boolean>> {
  if (mesh.weakness.naive === true) return async () => true;
  const check = new EnvelopeCheck(await trustOf(mesh));
  return async ({ header, subject, data, time, place, target }) => {
    const [, kind = "", ...tokens] = subject.split(".");
    const speaker = (kind === "event" ? tokens[0] : tokens.at(-1)) ?? "";
    const stored = {
      envelope: header.get(Header.envelope),
      signer: header.get(Header.signer),
      ...{ subject, id: "id-1", contentType: "application/json", body: data },
      ...{ storedAt: time, place },
    };
    const { account } = mesh.accounts;
    const expected = { kind: kind as EnvelopeKind, target, speaker, account };
    return check.verify(stored, expected).then(
      () => true,
      () => false,
    );
  };
}

async function trustOf(mesh: HostileMesh): Promise<Trust> {
  const { operator, signingKeys } = readOperator((await testIssuer()).operatorJwt);
  const { account, accountJwt } = mesh.accounts;
  return {
    operatorKeys: [operator, ...signingKeys],
    accountJwt: async (asked) => (asked === account ? accountJwt : undefined),
  };
}

const endpoint = (agent: string, skill: string) => ({
  name: skill,
  subject: `mesh.call.${agent}.${skill}.any.*`,
});

/** Cards with which mallory tries to pass for somebody else. */
const cards: Readonly<Record<string, (mesh: HostileMesh) => Promise<unknown>>> = {
  "another's name, under its own signature": (mesh) =>
    card(mesh, "mallory", { name: "bob", endpoints: [endpoint("bob", "wipe")] }),
  "another's name, unsigned": async () => ({
    ...{ name: "bob", id: "i9", version: "1.0.0", metadata: {} },
    endpoints: [endpoint("bob", "wipe")],
  }),
  "another's card with an instance of its own": async (mesh) => {
    const theirs = await card(mesh, "bob", { name: "bob", endpoints: [endpoint("bob", "wipe")] });
    return { ...theirs, id: "mallorys" };
  },
  "its own card with a skill that nobody granted": (mesh) =>
    card(mesh, "mallory", { name: "mallory", endpoints: [endpoint("mallory", "wipe")] }),
  "its own card with another's subject": (mesh) =>
    card(mesh, "mallory", { name: "mallory", endpoints: [{ ...endpoint("bob", "nice") }] }),
};

for (const [what, make] of Object.entries(cards)) {
  defended(`discovery believes no card that is ${what}`, {
    attack: async (mesh) => {
      const mallory = await mesh.login("mallory");
      const shown = JSON.stringify(await make(mesh));
      // The question to all is the one that mallory may hear as well.
      mallory.subscribe("$SRV.INFO", {
        callback: (_error, question) => void question.respond(shown),
      });
      await mallory.flush();
      const curious = await mesh.login("witness");
      const answer = await curious.request("$SRV.INFO", "", patient);
      if (mesh.weakness.naive === true) return answer.json<{ name?: string }>().name !== undefined;
      const check = new CardCheck(await trustOf(mesh));
      return (await check.verify(answer.json(), new Date())).is === "verified";
    },
    without: { naive: true },
  });
}

/** A card as the holder of these credentials signs it. */
async function card(mesh: HostileMesh, signer: string, said: Readonly<Record<string, unknown>>) {
  const document = { id: "i9", version: "1.0.0", metadata: {}, ...said };
  const credentials = parseCredentials(await mesh.accounts.credentials(signer));
  return { ...document, metadata: signCard(document, new Date(), credentials) };
}
