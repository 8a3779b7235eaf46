import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { eventually, type NatsServer, startNats } from "@myelin/mesh/testing";
import { MeshCode, MeshError } from "../../libs/errors/index.ts";
import { Link, type LinkOptions } from "../../libs/nats/index.ts";
import { CallSignal, systemClock, Wheel } from "../../libs/pipeline/index.ts";
import { timed } from "../support/moved.ts";

const nothing = new Uint8Array(0);

function linkTo(server: NatsServer, options: Partial<LinkOptions> = {}): Promise<Link> {
  return Link.connect({ servers: [server.url], name: "tester", ...options });
}

/** Stands in a killed server's place until it was tried so many times. */
async function knocks(server: NatsServer, many: number): Promise<void> {
  let tried = 0;
  const stranger = createServer((socket) => {
    tried++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => stranger.listen(server.port, "127.0.0.1", resolve));
  await eventually(`it was tried ${many} times`, () => tried >= many);
  await new Promise((resolve) => stranger.close(resolve));
}

test("a killed broker is known at once, and publishing fails fast", async () => {
  await using server = await startNats();
  await using link = await linkTo(server);
  await server.kill();
  const took = await timed(() => eventually("it is down", () => !link.isUp, { everyMs: 1 }));
  assert.ok(took < 500, `${took} ms`);
  assert.throws(() => link.publish("a", nothing), { code: "unavailable", origin: "here" });
  await assert.rejects(link.flush(), { code: "unavailable" });
});

test("the link is back well within two seconds of the broker's return, with every subscription", async () => {
  await using server = await startNats();
  await using link = await linkTo(server);
  const heard: string[] = [];
  link.subscribe("before", ({ subject }) => heard.push(subject));
  const left = link.subscribe("left", ({ subject }) => heard.push(subject));
  await server.kill();
  await eventually("the link is down", () => !link.isUp);
  link.subscribe("during", ({ subject }) => heard.push(subject), "group");
  await left.stop();
  let turns = 0;
  link.onUp(() => {
    turns++;
    for (const subject of ["before", "during", "left"]) link.publish(subject, nothing);
  });
  await server.restart();
  const took = await timed(() => eventually("it is up", () => link.isUp));
  assert.ok(took < 1_500, `${took} ms`);
  await link.flush();
  assert.deepEqual(heard, ["before", "during"]);
  assert.equal(turns, 1);
});

test("it comes back after many losses, however long they last", async () => {
  await using server = await startNats();
  await using link = await linkTo(server, { nats: { reconnectTimeWait: 10, reconnectJitter: 10 } });
  let downs = 0;
  link.onDown(() => downs++);
  for (let loss = 1; loss <= 3; loss++) {
    await server.kill();
    await eventually("it is down", () => downs === loss);
    // nats.js alone would have given up after ten attempts.
    await knocks(server, 15);
    await server.restart();
    await eventually("it is up", () => link.isUp);
  }
});

test("refused credentials do not end it and are told once: it comes back when they are right again", async () => {
  const rightly = "authorization { user: a, password: right }";
  await using server = await startNats({ config: rightly });
  const troubles: MeshError[] = [];
  const nats = { user: "a", pass: "right", reconnectTimeWait: 20, reconnectJitter: 20 };
  await using link = await linkTo(server, { nats, onTrouble: (trouble) => troubles.push(trouble) });
  await server.reload("authorization { user: a, password: other }");
  const refusals = () => server.log.match(/authentication error/g)?.length ?? 0;
  await eventually("it was refused many times", () => refusals() >= 5);
  assert.equal(link.isUp, false);
  assert.equal(troubles.filter(({ code }) => code === MeshCode.PermissionDenied).length, 1);
  await server.reload(rightly);
  await eventually("it is up", () => link.isUp);
});

test("an authenticator that throws later is asked again", async () => {
  await using server = await startNats({ config: "authorization { token: secret }" });
  let asked = 0;
  const authenticator = () => {
    asked++;
    if (asked === 2) throw new RangeError("the file is gone for a moment");
    return { auth_token: "secret" };
  };
  const troubles: MeshError[] = [];
  const nats = { authenticator, reconnectTimeWait: 20 };
  await using link = await linkTo(server, { nats, onTrouble: (trouble) => troubles.push(trouble) });
  await server.kill();
  await server.restart();
  await eventually("it is up again", () => asked >= 3 && link.isUp);
  assert.ok(troubles.some(({ cause }) => cause instanceof RangeError));
});

test("a broker that says nothing any more is found out, even with unsent data", async () => {
  await using server = await startNats();
  await using link = await linkTo(server, { nats: { pingInterval: 50, timeout: 5_000 } });
  await server.pause();
  const block = new Uint8Array(1_000_000);
  for (let sent = 0; sent < 16; sent++) link.publish("a", block);
  await eventually("it is down", () => !link.isUp);
  server.resume();
  await eventually("it is up", () => link.isUp);
  await link.flush();
});

test("what a callback or a listener throws is reported and stops nothing", async () => {
  await using server = await startNats();
  const troubles: MeshError[] = [];
  await using link = await linkTo(server, {
    onTrouble: (trouble) => {
      troubles.push(trouble);
      throw trouble;
    },
  });
  let heard = 0;
  link.subscribe("a", () => {
    heard++;
    throw new RangeError("defect");
  });
  link.publish("a", nothing);
  link.publish("a", nothing);
  await link.flush();
  assert.equal(heard, 2);
  link.onDown(() => {
    throw new RangeError("defect");
  });
  let told = 0;
  link.onDown(() => told++);
  await server.kill();
  await eventually("the second listener was told", () => told === 1);
  assert.equal(troubles.filter(({ cause }) => cause instanceof RangeError).length, 3);
});

test("whenUp waits for the broker, and no longer than its signal", async () => {
  await using server = await startNats();
  await using link = await linkTo(server);
  const signal = () => new CallSignal(new Wheel(systemClock));
  await link.whenUp(signal());
  await server.kill();
  await eventually("it is down", () => !link.isUp);
  const impatient = signal();
  const given = link.whenUp(impatient);
  impatient.end(new MeshError(MeshCode.Cancelled, "enough"));
  await assert.rejects(given, { code: "cancelled" });
  const patient = link.whenUp(signal());
  await server.restart();
  await patient;
  assert.equal(link.isUp, true);
});

test("stopping to listen loses nothing that the server had sent", async () => {
  await using server = await startNats();
  await using speaker = await linkTo(server);
  await using hearer = await linkTo(server);
  let heard = 0;
  const listening = hearer.subscribe("news", () => heard++);
  await hearer.flush();
  for (let n = 0; n < 5_000; n++) speaker.publish("news", nothing);
  await speaker.flush();
  await Promise.all([listening.stop(), listening.stop()]);
  assert.equal(heard, 5_000);
  speaker.publish("news", nothing);
  await speaker.flush();
  await hearer.flush();
  assert.equal(heard, 5_000);
});

test("stopping, flushing and closing are bounded while the broker hangs", async () => {
  await using server = await startNats();
  await using link = await linkTo(server);
  const listening = link.subscribe("a", () => {});
  await link.flush();
  await server.pause();
  const flushed = assert.rejects(link.flush(100), { code: "deadline_exceeded" });
  assert.ok((await timed(() => flushed)) < 1_000);
  assert.ok((await timed(() => listening.stop())) < 3_000);
  assert.ok((await timed(() => link.close())) < 2_000);
});

test("closing twice is closing once; then everything says closed", async () => {
  await using server = await startNats();
  await using link = await linkTo(server);
  await using other = await linkTo(server);
  let heard = 0;
  other.subscribe("last.words", () => heard++);
  await other.flush();
  let downs = 0;
  link.onDown(() => downs++);
  link.publish("last.words", nothing);
  await Promise.all([link.close(), link.close()]);
  assert.equal(downs, 1);
  assert.equal(link.isUp, false);
  assert.throws(() => link.publish("a", nothing), { code: "closed" });
  assert.throws(() => link.subscribe("a", () => {}), { code: "closed" });
  await assert.rejects(link.flush(), { code: "closed" });
  await assert.rejects(link.whenUp(new CallSignal(new Wheel(systemClock))), { code: "closed" });
  await other.flush();
  assert.equal(heard, 1);
});

test("closing while it reconnects ends the waiting and leaves nothing running", async () => {
  await using server = await startNats();
  await using link = await linkTo(server);
  await using other = await linkTo(server, { name: "other" });
  await server.kill();
  await eventually("both are down", () => !link.isUp && !other.isUp);
  const waiting = assert.rejects(link.whenUp(new CallSignal(new Wheel(systemClock))), {
    code: "closed",
  });
  assert.ok((await timed(() => link.close())) < 1_000);
  await waiting;
  await server.restart();
  // One that was not closed has come back by then.
  await eventually("the other one is up", () => other.isUp);
  assert.equal(link.isUp, false);
});

test("a server in lame duck mode is left for another before it goes, and nothing is lost", async () => {
  await using second = await startNats();
  await using first = await startNats({ config: "lame_duck_duration: 30s", monitor: true });
  await using link = await Link.connect({
    servers: [first.url, second.url],
    name: "tester",
    nats: { noRandomize: true },
  });
  const clients = async (): Promise<number> => {
    const connz = await (await fetch(`${first.monitorUrl}/connz`)).json();
    return (connz as { readonly num_connections: number }).num_connections;
  };
  assert.equal(await clients(), 1);
  let downs = 0;
  link.onDown(() => downs++);
  let heard = 0;
  link.subscribe("news", () => heard++);
  first.lameDuck();
  await eventually("it went over", async () => (await clients()) === 0);
  await first.kill();
  await using speaker = await linkTo(second);
  speaker.publish("news", nothing);
  await speaker.flush();
  await link.flush();
  assert.equal(heard, 1);
  assert.equal(downs, 0);
});
