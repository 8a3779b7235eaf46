import { MeshCode, MeshError, type Reason } from "../../errors/index.ts";

/** The server's own numbers of what it refuses (nats-server, errors.json). */
const known: Readonly<Record<number, readonly [code: MeshCode, what: string, reason?: Reason]>> = {
  10003: [MeshCode.Unavailable, "JetStream is not there now"],
  10008: [MeshCode.Unavailable, "JetStream has no leader now"],
  10009: [MeshCode.Unavailable, "the stream has no leader now"],
  10014: [
    MeshCode.Unavailable,
    "there is no such consumer; make it with `myelin apply`",
    "no_consumer",
  ],
  10023: [MeshCode.Overloaded, "the server has no resources left for it"],
  10039: [MeshCode.Unavailable, "JetStream is not switched on for the store's account"],
  10047: [MeshCode.Overloaded, "the store's account is full", "store_full"],
  10054: [MeshCode.PayloadTooLarge, "the message is larger than the stream takes"],
  10059: [
    MeshCode.Unavailable,
    "there is no such stream; make it with `myelin apply`",
    "no_stream",
  ],
  10076: [MeshCode.Unavailable, "JetStream is switched off"],
  10077: [MeshCode.Overloaded, "the stream is full", "store_full"],
  10109: [MeshCode.Unavailable, "the stream is read-only: it was sealed"],
  10188: [MeshCode.Unavailable, "the stream allows no schedules; see `myelin apply`", "no_stream"],
  10189: [MeshCode.InvalidArgument, "the server does not read this schedule"],
  10190: [MeshCode.InvalidArgument, "the server refuses the schedule's target"],
  10223: [MeshCode.InvalidArgument, "the server does not know this time zone"],
  10167: [MeshCode.Overloaded, "the stream takes messages faster than it can store them"],
};

/** What passes by itself within seconds: a broker that starts, an election. */
const passing: readonly number[] = [10003, 10008, 10009];
const pauseMs = 200;

const outdated: readonly unknown[] = [10071, 10164];
const full = 10077;

/** What the store says against a question; `outdated` when another wrote first, undefined when nothing. */
export function readRefusal(
  subject: string,
  answer: Readonly<Record<string, unknown>>,
): MeshError | "outdated" | undefined {
  const { error } = answer;
  if (error === undefined) return undefined;
  const { err_code, description } = (error ?? {}) as Readonly<Record<string, unknown>>;
  const number = typeof err_code === "number" ? err_code : 0;
  const said = typeof description === "string" ? description : "no reason given";
  if (outdated.includes(number)) return "outdated";
  // One per subject, and there is one: for whoever wants to be the first it is the same.
  if (number === full && said.includes("per subject")) return "outdated";
  const [code, what, reason] = known[number] ?? [MeshCode.Unavailable, "the store refuses it"];
  const detail = `${subject}: ${what} (${said}, ${number})`;
  return new MeshError(code, detail, {
    ...(reason === undefined ? {} : { reason }),
    ...(passing.includes(number) ? { retryAfterMs: pauseMs } : {}),
  });
}
