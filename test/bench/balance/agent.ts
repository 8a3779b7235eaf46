import { answering } from "../support/answering.ts";
import type { AgentPlace } from "./side.ts";

answering({
  async start({ kind, url, workMs }: AgentPlace) {
    if (kind === "raw") await (await import("./raw.ts")).rawAgent(url, workMs);
    else await (await import("./mesh.ts")).meshAgent(url, workMs);
  },
});
