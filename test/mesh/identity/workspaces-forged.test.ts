import assert from "node:assert/strict";
import { test } from "node:test";
import { eventually, type TestMesh } from "@myelin/mesh/testing";
import { Header } from "@myelin/subjects";
import { headers, type Msg } from "@nats-io/transport-node";
import { Forger, type Letter, read } from "../../support/forger.ts";
import { clerk, seen, startWorkspaces, summarizer } from "../../support/workspaces.ts";

test("a call that is written by hand and honestly signed is served", async () => {
  await using mesh = await startWorkspaces();
  await using pricer = await Forger.login(mesh, "pricer", "sales");
  assert.match(await pricer.send(pricer.write()), /"caller":"sales\/pricer"/);
});

test("a call that is not signed, or only in part, is refused", async () => {
  const what = seen();
  await using mesh = await startWorkspaces(what);
  await using pricer = await Forger.login(mesh, "pricer", "sales");
  for (const missing of [Header.id, Header.token, Header.envelope, Header.signer]) {
    const letter = pricer.write();
    letter.headers.delete(missing);
    assert.match(await pricer.send(letter), /permission_denied: .* must be signed/, missing);
  }
  const guessable = pricer.write({ token: "1" });
  assert.match(await pricer.send(guessable), /must be signed/);
  assert.deepEqual(what.served, []);
});

test("a call that was sent before is refused, whatever else is changed", async () => {
  const what = seen();
  await using mesh = await startWorkspaces(what);
  await using pricer = await Forger.login(mesh, "pricer", "sales");
  const letter = pricer.write();
  assert.match(await pricer.send(letter), /sales\/pricer/);
  assert.match(await pricer.send(letter), /permission_denied: .*seen already/);
  letter.headers.set(Header.attempt, "2");
  letter.headers.set(Header.timeout, "9000");
  assert.match(await pricer.send(letter), /permission_denied: .*seen already/);
  assert.equal(what.served.length, 1);
});

const forgeries: Readonly<Record<string, (pricer: Forger, clerk: Forger) => Letter>> = {
  "it was signed for the target": (pricer) => pricer.write({}, { signed: { skill: "pick" } }),
  'signed for the target "lab/': (pricer) => pricer.write({}, { workspace: "lab" }),
  "it was signed for the subject": (pricer) => pricer.write({}, { signed: { caller: "intern" } }),
  "it was signed for the id": (pricer) =>
    pricer.write({}, { signed: { token: "another-token-of-96-bits" } }),
  "it was signed for the content type": (pricer) =>
    pricer.write({}, { signed: { contentType: "application/protobuf" } }),
  "its body of 12 bytes was changed": (pricer) =>
    pricer.write({}, { signed: { body: Buffer.from("{}") } }),
  "clerk signed it, its subject speaks for pricer": (pricer, clerk) =>
    pricer.write({}, { signer: clerk.credentials }),
  "its signature is not that of": (pricer, clerk) => {
    const stolen = { ...clerk.credentials, jwt: pricer.credentials.jwt };
    return pricer.write({}, { signer: stolen });
  },
  "it expired at": (pricer) => pricer.write({}, { now: new Date(Date.now() - 600_000) }),
  "after it was stored at": (pricer) => pricer.write({}, { now: new Date(Date.now() + 600_000) }),
  "it is signed for .* at most": (pricer) => pricer.write({}, { lifeMs: 86_400_000 }),
};

test("a call that was signed for something else, by somebody else or at another time is refused", async () => {
  const what = seen();
  await using mesh = await startWorkspaces(what);
  await using pricer = await Forger.login(mesh, "pricer", "sales");
  await using clerk = await Forger.login(mesh, "clerk", "sales");
  for (const [why, forge] of Object.entries(forgeries)) {
    assert.match(
      await pricer.send(forge(pricer, clerk)),
      new RegExp(`permission_denied: .*${why}`),
    );
  }
  assert.deepEqual(what.served, []);
});

test("clocks that are four minutes apart are no reason to refuse", async () => {
  await using mesh = await startWorkspaces();
  await using pricer = await Forger.login(mesh, "pricer", "sales");
  for (const skewMs of [-240_000, 240_000]) {
    const letter = pricer.write({}, { now: new Date(Date.now() + skewMs), lifeMs: 1_000 });
    assert.match(await pricer.send(letter), /sales\/pricer/, `${skewMs} ms`);
  }
});

test("an end user's token does not cross", async () => {
  await using mesh = await startWorkspaces();
  await using pricer = await Forger.login(mesh, "pricer", "sales");
  const letter = pricer.write();
  letter.headers.set(Header.onBehalf, "whatever");
  assert.match(await pricer.send(letter), /permission_denied: .*takes no end user's token/);
});

test("a responder of a third workspace who plays along is not taken for a caller", async () => {
  const what = seen();
  await using mesh = await startWorkspaces(what);
  await using plot = await colluding(mesh);
  const { reflect, pricer, tester } = plot;
  const sales = pricer.credentials.account;
  const lab = tester.credentials.account;
  const to = (account: string, skill: string, caller: string) =>
    `mesh.xcall.${account}.summarizer.${skill}.any.${caller}`;
  const info = headers();
  info.set("Nats-Request-Info", JSON.stringify({ acc: sales }));
  assert.match(
    await reflect(to(sales, "condense", "pricer"), { headers: info }),
    /must be signed/,
    "with a forged request info",
  );
  const asPricer = tester.write({ account: sales, caller: "pricer" });
  assert.match(
    await reflect(to(sales, "condense", "pricer"), asPricer),
    /signed by a user of account .* and came from account/,
  );
  assert.match(
    await reflect(to(lab, "condense", "tester"), tester.write()),
    /condense is not shared with lab; mesh\.yaml would with shares/,
  );
  const secret = pricer.write({ skill: "secret" });
  assert.match(
    await reflect(to(sales, "secret", "pricer"), secret),
    /secret is not shared with sales/,
  );
  const used = pricer.write();
  await pricer.send(used);
  assert.match(await reflect(to(sales, "condense", "pricer"), used), /seen already/);
  assert.deepEqual(what.served, ["sales/pricer"]);
});

test("an agent whom nobody granted the call is refused by the callee too", async () => {
  const what = seen();
  await using mesh = await startWorkspaces(what);
  await using plot = await colluding(mesh);
  const { reflect } = plot;
  await using intern = await Forger.login(mesh, "intern", "sales");
  const { account } = intern.credentials;
  assert.match(
    await reflect(`mesh.xcall.${account}.summarizer.condense.any.intern`, intern.write()),
    /intern of sales may not call it; .*agents\.intern\.calls: \[desk\/summarizer\.condense\]/,
  );
  assert.deepEqual(what.served, []);
});

/** What sales asks and tells itself: its call, its beats, and whose calls it shall record. */
const own =
  /^mesh\.(outcall\.desk\.summarizer\.condense|presence\.clerk|js\.DIRECT\.GET\.MESH_CONFIG)\./;

test("workspaces hear nothing of each other, and see nobody of each other", async () => {
  await using mesh = await startWorkspaces();
  await using boss = await Forger.login(mesh, "boss", "sales");
  await using ops = await Forger.login(mesh, "ops", "desk");
  const heard: string[] = [];
  boss.nc.subscribe("mesh.>", { callback: (_, { subject }) => void heard.push(subject) });
  await boss.nc.flush();
  const pings = async ({ nc }: Forger) => {
    const found: string[] = [];
    const replies = await nc.requestMany("$SRV.PING", "", { maxWait: 500 });
    for await (const reply of replies) found.push((reply.json() as { name: string }).name);
    return found;
  };
  await mesh.serve(
    clerk,
    { look: (_, { caller }) => ({ caller, path: [] }) },
    { workspace: "sales" },
  );
  for (const [who, there] of [
    [ops, "summarizer"],
    [boss, "clerk"],
  ] as const) {
    const found = await eventually("somebody answers in time", async () => {
      const names = await pings(who);
      return names.length > 0 && names;
    });
    assert.deepEqual(found, [there]);
  }
  const near = await mesh.connect("clerk", { workspace: "desk" });
  await near.client(summarizer).condense({ text: "x" });
  const pricer = await mesh.connect("pricer", { workspace: "sales" });
  await pricer.client(summarizer, { workspace: "desk" }).condense({ text: "x" });
  await eventually("its own traffic is heard", () => heard.some((one) => one.includes("outcall")));
  assert.deepEqual(
    heard.filter((subject) => !own.test(subject)),
    [],
  );
});

test("a namesake of the callee hears nothing of what is meant for it", async () => {
  await using mesh = await startWorkspaces();
  await using clerk = await Forger.login(mesh, "clerk", "sales");
  const heard: string[] = [];
  for (const filter of ["mesh.outcall.>", "mesh.outcall.*.clerk.*.*.*"]) {
    clerk.nc.subscribe(filter, {
      callback: (error, message) => void heard.push(error?.name ?? message.subject),
    });
  }
  await clerk.nc.flush();
  await eventually("both are refused", () => heard.length === 2);
  assert.deepEqual(new Set(heard), new Set(["PermissionViolationError"]));
});

/**
 * `mallory` of desk asks `tester` of lab, with a subject of its choice to answer to; `tester` answers with a reply
 * subject, which makes the answer a call with a `_R_.` reply subject of the server's.
 */
async function colluding(mesh: TestMesh) {
  const pricer = await Forger.login(mesh, "pricer", "sales");
  const tester = await Forger.login(mesh, "tester", "lab");
  const mallory = await Forger.login(mesh, "mallory", "desk");
  const answers: Msg[] = [];
  tester.nc.subscribe("_INBOX.tester.>", { callback: (_, message) => void answers.push(message) });
  let next: Pick<Letter, "headers"> & Partial<Letter> = { headers: headers() };
  tester.nc.subscribe("mesh.xcall.*.tester.look.any.*", {
    callback: (_, message) => {
      const { headers, call } = next;
      message.respond(call?.body ?? '{"text":"x"}', { headers, reply: "_INBOX.tester.answer" });
    },
  });
  await tester.nc.flush();
  const reflect = async (subject: string, letter: typeof next): Promise<string> => {
    next = letter;
    answers.length = 0;
    mallory.nc.publish("mesh.outcall.lab.tester.look.any.mallory", "{}", { reply: subject });
    await eventually("it is answered", () => answers.some(isSaid));
    const [said] = answers.filter(isSaid);
    return said === undefined ? "" : read(said);
  };
  const stop = async (): Promise<void> => {
    for (const { nc } of [pricer, tester, mallory]) await nc.close();
  };
  return { reflect, pricer, tester, [Symbol.asyncDispose]: stop };
}

function isSaid(message: Msg): boolean {
  return message.data.length > 0 || message.headers !== undefined;
}
