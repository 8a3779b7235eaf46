import { MeshCode, MeshError } from "../../errors/index.ts";

/** Most bytes of an account's JWT: it is pushed in one message, of which the server takes 1 MiB. */
const maxAccountBytes = 900_000;

/** Throws `invalid_argument`, with the count, when a workspace has grown beyond what the server takes. */
export function checkAccountSize(workspace: string, jwt: string): void {
  const bytes = Buffer.byteLength(jwt);
  if (bytes <= maxAccountBytes) return;
  throw new MeshError(
    MeshCode.InvalidArgument,
    `the account of ${workspace} would have ${bytes} bytes, at most ${maxAccountBytes} are pushed; ` +
      "make some of its grants `agent.*`, or move some of its agents to another workspace",
  );
}
