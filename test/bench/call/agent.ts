import { answering } from "../support/answering.ts";
import { load, type Place } from "./side.ts";

answering({
  async start(place: Place) {
    const side = await load(place.kind);
    await side.agent(place);
  },
});
