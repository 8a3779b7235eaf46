import { taskSubject } from "@myelin/subjects";
import {
  createKey,
  deriveCurveKey,
  type Envelope,
  EnvelopeCheck,
  type Expected,
  issueAccount,
  issueUser,
  type Letter,
  Seals,
  type Signer,
  signEnvelope,
} from "../../../libs/identity/index.ts";
import { answering } from "../support/answering.ts";
import { BenchError } from "../support/bench.ts";
import { makePayload } from "../support/payload.ts";

/** CPU time for each message, in microseconds. */
export interface SigningCosts {
  readonly signUs: number;
  readonly verifyUs: number;
  readonly sealUs: number;
  readonly openUs: number;
}

const task = { agent: "reader", skill: "read", priority: "normal", submitter: "writer" } as const;
const subject = taskSubject(task);
const dayMs = 86_400_000;

interface Parties {
  readonly signer: Signer;
  readonly check: EnvelopeCheck;
  readonly expected: Expected;
  readonly seals: { readonly writer: Seals; readonly reader: Seals };
}

let parties: Parties | undefined;
let made = 0;

answering({
  async start() {
    parties = await meet();
  },

  /** Signs so many messages, then checks them as their reader does. */
  async measure(count: number): Promise<SigningCosts> {
    if (parties === undefined) throw new BenchError("measure comes after start");
    const { signer, check, expected } = parties;
    const letters = Array.from({ length: count }, write);
    const signed: Envelope[] = [];
    const signUs = await cost(() => {
      for (const letter of letters) signed.push(signEnvelope(letter, signer));
    });
    const verifyUs = await cost(async () => {
      for (const [at, letter] of letters.entries()) {
        const envelope = signed[at];
        if (envelope === undefined) throw new BenchError(`message ${letter.id} is not signed`);
        const stored = { ...envelope, ...letter, storedAt: letter.issuedAt, place: letter.id };
        await check.verify(stored, expected);
      }
    });
    const { sealUs, openUs } = await sealing(letters, parties.seals);
    return {
      ...{ signUs: signUs / count, verifyUs: verifyUs / count },
      ...{ sealUs: sealUs / count, openUs: openUs / count },
    };
  },
});

/** Seals the bodies for their reader, who opens them. */
async function sealing(letters: readonly Letter[], { writer, reader }: Parties["seals"]) {
  const sealed: Uint8Array[] = [];
  const sealUs = await cost(() => {
    for (const { body } of letters) sealed.push(writer.seal(reader.publicKey, body));
  });
  const openUs = await cost(() => {
    for (const body of sealed) reader.open(writer.publicKey, body);
  });
  return { sealUs, openUs };
}

/** One who signs, and one who trusts the operator of its account. */
async function meet(): Promise<Parties> {
  const [operator, account, scoped] = [
    createKey("operator"),
    createKey("account").publicKey,
    createKey("account"),
  ];
  const key = createKey("user");
  const permissions = { publish: [subject], subscribe: [subject] };
  const accountJwt = await issueAccount({
    ...{ name: "bench", account, signer: operator },
    scopes: [
      { key: scoped.publicKey, role: "agent:writer", skills: [], vouches: false, permissions },
    ],
    ...{ exports: [], imports: [], jetstream: false, revocations: {} },
  });
  const jwt = await issueUser({
    ...{ name: task.submitter, user: key.publicKey, account, signer: scoped },
  });
  const trust = { operatorKeys: [operator.publicKey], accountJwt: async () => accountJwt };
  const expected = { kind: "task", target: task.agent, speaker: task.submitter, account } as const;
  const seals = {
    writer: new Seals(deriveCurveKey(key)),
    reader: new Seals(deriveCurveKey(createKey("user"))),
  };
  return { signer: { jwt, key }, check: new EnvelopeCheck(trust), expected, seals };
}

function write(): Letter {
  const issuedAt = new Date();
  return {
    ...{ kind: "task", target: task.agent, subject, id: `task-${++made}` },
    ...{ issuedAt, expiresAt: new Date(issuedAt.getTime() + dayMs) },
    contentType: "application/json",
    body: Buffer.from(JSON.stringify(makePayload())),
  };
}

async function cost(work: () => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
