import type { Setting } from "../support/bench.ts";
import { Children } from "../support/children.ts";
import { type Figure, middle } from "../support/figure.ts";
import type { Costs } from "./layers.ts";

/** What each layer of the two stacks costs, inside one process and without a network. */
export async function layerCosts(setting: Setting): Promise<Figure[]> {
  await using children = new Children(setting);
  const layers = await children.start("call/layers", undefined);
  setting.say("layers");
  const count = setting.quick ? 4_000 : 10_000;
  await layers.ask("measure", count);
  const passes: Costs[] = [];
  for (let pass = 0; pass < (setting.quick ? 7 : 21); pass++) {
    passes.push(await layers.ask<Costs>("measure", count));
  }
  return Object.keys(passes[0] ?? {}).map((name) => ({
    id: `call.layer.${name}`,
    ...middle(passes.map((costs) => costs[name] ?? Number.NaN)),
    unit: "µs",
  }));
}
