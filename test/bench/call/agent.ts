import { answering } from "../support/answering.ts";
import { load, type Place } from "./side.ts";

answering({
  async start({ kind, url }: Place) {
    const side = await load(kind);
    await side.agent(url);
  },
});
