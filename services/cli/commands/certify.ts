import { certifyServer } from "@myelin/mesh/operate";
import { printJson } from "../context.ts";
import { Exit } from "../failure.ts";
import { type HomeContext, lasting, listed, open } from "../home.ts";
import { ifGiven } from "../input.ts";

/** What `certify` takes. */
export interface CertifyCommandOptions {
  readonly hosts?: string;
  readonly days?: string;
}

/** Issues the servers' certificate anew. Whoever is connected stays so while a server takes it up. */
export async function certify(
  context: HomeContext,
  options: CertifyCommandOptions,
): Promise<number> {
  const hosts = ifGiven(options.hosts, "--hosts", listed);
  const issued = await certifyServer(open(context), { hosts, ...lasting(options) });
  const { terminal, palette, json } = context;
  if (json) printJson(context, issued);
  else {
    const until = issued.expiresAt.toISOString().slice(0, 10);
    terminal.out.write(`certificate for ${issued.hosts.join(", ")} until ${until}\n`);
    terminal.err.write(palette.dim("next: nats-server --signal reload, on each server\n"));
  }
  return Exit.ok;
}
