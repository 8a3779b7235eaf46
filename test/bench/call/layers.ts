import { operationsOf } from "../../../libs/agent/operations.ts";
import { type CallSignal, compose, systemClock, Wheel } from "../../../libs/pipeline/index.ts";
import { answering } from "../support/answering.ts";
import { BenchError } from "../support/bench.ts";
import { echo } from "./contract.ts";
import { fakeHandler, incomingLayers, requests } from "./incoming.ts";
import { calls, fakeTransport, outgoingLayers } from "./outgoing.ts";
import { startTracing } from "./tracing.ts";

/** What one pass over all layers found: CPU time for each call, in microseconds. */
export type Costs = Readonly<Record<string, number>>;

type Step<Given, Answer> = (given: Given) => Promise<Answer>;
type Wrap<Given, Answer> = (next: Step<Given, Answer>) => Step<Given, Answer>;

/** What a call and a request have in common. */
interface Ending {
  readonly signal: CallSignal;
}

const inFlight = 64;

let passes: ((calls: number) => Promise<Costs>)[] = [];

answering({
  async start() {
    await startTracing("bench-layers");
    const wheel = new Wheel(systemClock);
    const operation = operationsOf(echo).get("echo");
    if (operation === undefined) throw new BenchError("the contract has no echo");
    passes = [
      pass("", outgoingLayers(echo, wheel), fakeTransport(), calls(operation, wheel)),
      pass("serve.", incomingLayers(echo), fakeHandler(), requests(operation, wheel)),
    ];
  },

  /** Each layer's cost, as the difference that taking it out of the whole stack makes. */
  async measure(count: number): Promise<Costs> {
    const costs: Record<string, number> = {};
    for (const run of passes) Object.assign(costs, await run(count));
    return costs;
  },
});

/** Measures a stack whole, and without each of its layers in turn, each time just after the whole. */
function pass<Given extends Ending, Answer>(
  prefix: string,
  layers: readonly Wrap<Given, Answer>[],
  innermost: Step<Given, Answer>,
  make: () => Given,
): (count: number) => Promise<Costs> {
  const whole = compose(layers, innermost);
  const without = layers.map((layer, at) => ({
    name: prefix + nameOf(layer(innermost)),
    send: compose(layers.toSpliced(at, 1), innermost),
  }));
  return async (count) => {
    const costs: Record<string, number> = {};
    let sum = 0;
    for (const { name, send } of without) {
      const all = await cost(whole, make, count);
      costs[name] = all - (await cost(send, make, count));
      sum += all;
    }
    return { ...costs, [`${prefix}all`]: sum / without.length };
  };
}

/** A layer's inner function bears its name; the bundler adds a number where several are called alike. */
function nameOf(step: Step<never, unknown>): string {
  return step.name.replace(/\d+$/, "");
}

async function cost<Given extends Ending>(
  send: Step<Given, unknown>,
  make: () => Given,
  count: number,
): Promise<number> {
  let left = count;
  const caller = async (): Promise<void> => {
    while (left-- > 0) {
      const given = make();
      await send(given);
      // The transport's part; and without the deadline layer nobody else does it.
      given.signal.settle();
    }
  };
  const before = process.cpuUsage();
  await Promise.all(Array.from({ length: inFlight }, caller));
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}
