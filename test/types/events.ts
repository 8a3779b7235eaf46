/** What the compiler must accept and must refuse of events; see `client.ts`. */
import { connect, defineAgent, event, on, skill } from "@myelin/mesh";
import { z } from "zod";

const shop = defineAgent({
  name: "shop",
  version: "1.0.0",
  skills: { buy: skill({ input: z.object({}), output: z.object({}) }) },
  events: {
    "order.placed": event({ data: z.object({ order: z.string(), at: z.coerce.date() }) }),
    closed: event({ data: z.object({ why: z.string().default("holiday") }) }),
  },
});

const silent = defineAgent({ name: "silent", version: "1.0.0", skills: {} });

export async function tells(): Promise<void> {
  const mesh = await connect({ name: "shop" });
  const { id, sequence } = await mesh.publish(shop, "closed", {}, { id: "e1" });
  id.toUpperCase();
  sequence.toFixed();
  // @ts-expect-error there is no such event
  await mesh.publish(shop, "opened", {});
  // @ts-expect-error a contract without events has none to publish
  await mesh.publish(silent, "closed", {});
  // @ts-expect-error the order is a text
  await mesh.publish(shop, "order.placed", { order: 7, at: new Date() });
  // @ts-expect-error an id is a text
  await mesh.publish(shop, "closed", {}, { id: 7 });
  await mesh.serve(shop, {
    buy: async (_input, ctx) => {
      await ctx.publish(shop, "order.placed", { order: "o1", at: new Date() });
      // @ts-expect-error the order is missing
      await ctx.publish(shop, "order.placed", { at: new Date() });
      return {};
    },
  });
}

export async function hears(): Promise<void> {
  const mesh = await connect({ name: "crm" });
  const placed = on(shop, "order.placed", ({ order, at }, ctx) => {
    order.toUpperCase();
    // What was parsed, not what was sent.
    at.toISOString();
    ctx.id.toUpperCase();
    // @ts-expect-error an event has no caller: it has a publisher
    ctx.caller;
    // @ts-expect-error there is no such field
    ({ order }).price;
  });
  const closed = on(shop, "closed", ({ why }) => why.toUpperCase());
  await using following = await mesh.follow("orders", [placed, closed], { concurrency: 4 });
  await following.stop({ timeoutMs: 100 });
  await using hearing = await mesh.hear(shop, "closed", async ({ why }) => why.toUpperCase());
  await hearing.stop();
  // @ts-expect-error there is no such event
  on(shop, "opened", () => {});
  // @ts-expect-error a handler gets a text
  on(shop, "closed", ({ why }) => why.toFixed());
  // @ts-expect-error what is followed is made with `on`
  await mesh.follow("orders", [() => {}]);
  // @ts-expect-error there is no such option
  await mesh.follow("orders", [closed], { parallel: 4 });
}
