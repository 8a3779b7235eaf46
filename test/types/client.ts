/**
 * What the compiler must accept and must refuse. `@ts-expect-error` fails the build where an error is missing, so
 * the type check is the test; test/types/types.test.ts sees it red once.
 */
import { connect, defineAgent, type Handlers, isDomainError, skill } from "@myelin/mesh";
import { z } from "zod";

const shop = defineAgent({
  name: "shop",
  version: "1.0.0",
  skills: {
    buy: skill({
      input: z.object({ item: z.string(), count: z.number().default(1) }),
      output: z.object({ price: z.number() }),
      errors: { sold_out: z.object({ item: z.string() }) },
    }),
    list: skill({ input: z.object({}), frames: z.object({ item: z.string() }) }),
  },
});

export async function calls(): Promise<void> {
  const mesh = await connect({ name: "me" });
  const client = mesh.client(shop);
  const bought = await client.buy({ item: "tea" });
  const price: number = bought.price;
  for await (const { item } of client.list({})) item.toUpperCase();
  // @ts-expect-error there is no such skill
  await client.sell({ item: "tea" });
  // @ts-expect-error the input lacks its item
  await client.buy({});
  // @ts-expect-error the count is a number
  await client.buy({ item: "tea", count: "2" });
  // @ts-expect-error the output has no such field
  bought.cost;
  // @ts-expect-error the price is a number
  const wrong: string = bought.price;
  // @ts-expect-error an answer is no stream
  for await (const _ of client.buy({ item: "tea" }));
  // @ts-expect-error a stream is no answer
  (await client.list({})).item;
  // @ts-expect-error there is no such option
  await client.buy({ item: "tea" }, { timeout: 5 });
  const thrown: unknown = price + Number(wrong);
  if (isDomainError(thrown, shop.skills.buy, "sold_out")) {
    const item: string = thrown.domain.data.item;
    item.toUpperCase();
    // @ts-expect-error the data has no such field
    thrown.domain.data.count;
  }
  // @ts-expect-error the skill declares no such error
  isDomainError(thrown, shop.skills.buy, "late");
}

export const right: Handlers<typeof shop> = {
  buy: ({ item, count }, ctx) => {
    if (count.toFixed(0) === "0") ctx.fail("sold_out", { item });
    // @ts-expect-error not a declared error
    if (item === "") ctx.fail("late", {});
    // @ts-expect-error the error's data lacks its item
    if (item === "") ctx.fail("sold_out", {});
    return { price: count };
  },
  list: async function* () {
    yield { item: "tea" };
  },
};

// @ts-expect-error a handler is missing
export const incomplete: Handlers<typeof shop> = { buy: () => ({ price: 1 }) };

export const wrongOutput: Handlers<typeof shop> = {
  // @ts-expect-error the price is a number
  buy: () => ({ price: "1" }),
  // @ts-expect-error a stream's handler is an async generator
  list: () => ({ item: "tea" }),
};
