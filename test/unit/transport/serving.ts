import type { MeshError } from "../../../libs/errors/index.ts";
import {
  CallSignal,
  type Clock,
  type Operation,
  type Request,
  type Serve,
  Wheel,
} from "../../../libs/pipeline/index.ts";
import { ManualClock, operation } from "../../../libs/testing/index.ts";
import { ControlReceiver, HeldAttempts, Incoming } from "../../../libs/transport/index.ts";
import { json, ReplyHeads, readError } from "../../../libs/wire/index.ts";
import { FakeLink, type Sent } from "./world.ts";

/** The serving side of one connection on a fake link: the agent `far`, with one skill. */
export function serving(serve: Serve, parts: Partial<Operation> = {}) {
  const far = new FakeLink();
  const clock: Clock & ManualClock = new ManualClock(1_000);
  const wheel = new Wheel(clock);
  const held = new HeldAttempts();
  const refused: string[] = [];
  const requests: Request[] = [];
  const skill = operation({ request: json, response: json, ...parts });
  const shared = { link: far.link, agent: "far", held, load: () => 2 };
  const onRefused = (reason: string) => void refused.push(reason);
  const incoming = new Incoming({
    ...{ ...shared, clock, wheel, onRefused },
    operations: new Map([[skill.skill, skill]]),
    serve: (request) => {
      requests.push(request);
      return serve(request);
    },
    heads: new ReplyHeads("f1"),
    newId: () => "made-up",
  });
  const control = new ControlReceiver({ ...shared, instance: "f1", onRefused });
  far.subscribe(`mesh.call.far.*.any.*`, incoming.receive);
  far.subscribe(`mesh.control.far.*.*`, control.receive);
  /** One call by `ops`. */
  const ask = (payload = "{}", head = "", reply = "_INBOX.ops.o1.token") =>
    far.deliver(`mesh.call.far.${skill.skill}.any.ops`, payload, head, reply);
  /** One control message by this caller. */
  const tell = (body: unknown, caller = "ops", route = "any") =>
    far.deliver(
      `mesh.control.far.${route}.${caller}`,
      typeof body === "string" ? body : JSON.stringify(body),
      "",
      `_INBOX.${caller}.o1.reply`,
    );
  return { far, clock, wheel, held, refused, requests, ask, tell };
}

/** Lets everything that waits for a promise go on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The error that a reply carries. */
export function errorOf(reply: Sent | undefined): MeshError {
  return readError(reply?.head ?? "", () => (reply?.text ? JSON.parse(reply.text) : undefined));
}

/** A handler that answers when it is told to. */
export function deferred() {
  let resolve: (value: unknown) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<unknown>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}

/** A signal with nothing that ends it yet. */
export function signalOn(wheel: Wheel): CallSignal {
  return new CallSignal(wheel);
}
