import { MeshCode, MeshError } from "@myelin/mesh";
import { fitted, startAdvice, type Whereabouts } from "./hints.ts";

const advice: Partial<Record<MeshCode, string>> = {
  unavailable:
    "start a mesh with `myelin up`, or say where one is: --server nats://host:4222, or MYELIN_URL",
  unknown_agent: "`myelin agents` lists who is there",
  unknown_skill: "`myelin card <agent>` shows its skills",
  invalid_input: "`myelin card <agent>` shows what the skill takes",
  deadline_exceeded: "--timeout allows more time, such as --timeout 60s",
  overloaded: "try again in a moment; `myelin agents` shows the load",
  circuit_open: "try again in a moment; the skill kept failing",
  permission_denied:
    "the server decides what each may do: log in as another with --as or --creds, or grant it in mesh.yaml, to a name at agents.<name>, to who holds a role at roles.<role>",
  handler_failed: "the agent's log says why",
};

const fullAdvice =
  "`myelin streams ls` shows how full each stream is: let it be worked off, or give it more (streams.<name>.maxBytes in mesh.yaml)";

/** What is known of where a failure was, beside the failure itself. */
export interface Situation {
  readonly where: Whereabouts;
  /** The agent that the command was about, if any. */
  readonly agent?: string | undefined;
}

/** What to do about this failure: what it says itself of why we could not connect, else what its code says. */
export function nextAfter(error: MeshError, situation: Situation): string | undefined {
  const next = wordsAfter(error, situation);
  return next === undefined ? undefined : fitted(next, situation.where);
}

/** What went wrong, in the words of the command line. */
export function detailOf(error: MeshError, { where }: Situation): string {
  const { detail, what, reason, cause } = error;
  // That a server may not be running is told once, in the advice; what wraps it has words of its own.
  const isThat = reason === "no_server" && !(cause instanceof MeshError);
  return fitted(inOurWords(isThat ? what : detail), where);
}

/** Whether a server is there and answers, and only its streams are missing. */
export function lacksStreams({ reason }: MeshError): boolean {
  return reason === "no_stream" || reason === "no_consumer" || reason === "unfit_consumer";
}

function wordsAfter(error: MeshError, { where, agent }: Situation): string | undefined {
  const { code, cause, reason } = error;
  // It says so itself.
  if (lacksStreams(error)) return undefined;
  if (reason === "store_full") return fullAdvice;
  const told = isOfConnection(code) && cause instanceof MeshError ? cause.advice : undefined;
  // That a server may not be running is told better by what this command line can do about it.
  if (told === undefined || reason === "no_server") {
    const start = code === MeshCode.Unavailable ? startAdvice(where) : undefined;
    if (start !== undefined) return start;
    return advice[code]?.replace("<agent>", agent ?? "<agent>");
  }
  return inOurWords(told);
}

function inOurWords(text: string): string {
  return commandWords.reduce((told, [word, ours]) => told.replaceAll(word, ours), text);
}

/** Other failures may have causes too, whose words are no advice. */
function isOfConnection(code: MeshCode): boolean {
  const codes: readonly MeshCode[] = ["unavailable", "permission_denied", "invalid_argument"];
  return codes.includes(code);
}

/** What programs call it, and what the command line does. */
const commandWords: readonly (readonly [string, string])[] = [
  ["tls.caFile (or nats.tls)", "MYELIN_CA, or name the home with --home"],
  ["tls.certFile and tls.keyFile", "MYELIN_CERT and MYELIN_KEY"],
  [
    "check the credentials: `credentials`, or nats.authenticator, nats.user and nats.pass",
    "log in with --home, --creds, or --server nats://user:password@host:4222",
  ],
  ["`servers`", "--server"],
];
