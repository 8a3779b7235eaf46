import { serve } from "@myelin/mesh";
import { answering } from "../support/answering.ts";
import { meshLogin } from "../support/login.ts";
import { worker } from "./contract.ts";
import type { Place } from "./side.ts";

answering({
  async start({ url, login }: Place) {
    const options = { servers: [url], ...meshLogin(login), tasks: { concurrency: 64 } };
    await serve(worker, { echo: (input) => input }, options);
  },
});
