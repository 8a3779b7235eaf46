import { MeshCode, MeshError, type Reason } from "../../errors/index.ts";
import { ErrCode } from "./err-code.ts";

/** What the server's refusals mean to who stores. */
const known: Readonly<Record<number, readonly [code: MeshCode, what: string, reason?: Reason]>> = {
  [ErrCode.BadRequest]: [MeshCode.Unavailable, "JetStream is not there now"],
  [ErrCode.ClusterNotAvailable]: [MeshCode.Unavailable, "JetStream has no leader now"],
  [ErrCode.ClusterNotLeader]: [MeshCode.Unavailable, "the stream has no leader now"],
  [ErrCode.ConsumerNotFound]: [
    MeshCode.Unavailable,
    "there is no such consumer; make it with `myelin apply`",
    "no_consumer",
  ],
  [ErrCode.InsufficientResources]: [MeshCode.Overloaded, "the server has no resources left for it"],
  [ErrCode.NotEnabledForAccount]: [
    MeshCode.Unavailable,
    "JetStream is not switched on for the store's account",
  ],
  [ErrCode.StorageResourcesExceeded]: [
    MeshCode.Overloaded,
    "the store's account is full",
    "store_full",
  ],
  [ErrCode.MessageExceedsMaximum]: [
    MeshCode.PayloadTooLarge,
    "the message is larger than the stream takes",
  ],
  [ErrCode.StreamNotFound]: [
    MeshCode.Unavailable,
    "there is no such stream; make it with `myelin apply`",
    "no_stream",
  ],
  [ErrCode.NotEnabled]: [MeshCode.Unavailable, "JetStream is switched off"],
  [ErrCode.StoreFailed]: [MeshCode.Overloaded, "the stream is full", "store_full"],
  [ErrCode.StreamSealed]: [MeshCode.Unavailable, "the stream is read-only: it was sealed"],
  [ErrCode.SchedulesDisabled]: [
    MeshCode.Unavailable,
    "the stream allows no schedules; see `myelin apply`",
    "no_stream",
  ],
  [ErrCode.SchedulesPatternInvalid]: [
    MeshCode.InvalidArgument,
    "the server does not read this schedule",
  ],
  [ErrCode.SchedulesTargetInvalid]: [
    MeshCode.InvalidArgument,
    "the server refuses the schedule's target",
  ],
  [ErrCode.SchedulesTimeZoneInvalid]: [
    MeshCode.InvalidArgument,
    "the server does not know this time zone",
  ],
  [ErrCode.TooManyRequests]: [
    MeshCode.Overloaded,
    "the stream takes messages faster than it can store them",
  ],
};

/** What passes by itself within seconds: a broker that starts, an election. */
const passing: readonly number[] = [
  ErrCode.BadRequest,
  ErrCode.ClusterNotAvailable,
  ErrCode.ClusterNotLeader,
];
const pauseMs = 200;

const outdated: readonly unknown[] = [ErrCode.WrongLastSequence, ErrCode.WrongLastSequenceConstant];

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
  if (number === ErrCode.StoreFailed && said.includes("per subject")) return "outdated";
  const [code, what, reason] = known[number] ?? [MeshCode.Unavailable, "the store refuses it"];
  const detail = `${subject}: ${what} (${said}, ${number})`;
  return new MeshError(code, detail, {
    ...(reason === undefined ? {} : { reason }),
    ...(passing.includes(number) ? { retryAfterMs: pauseMs } : {}),
  });
}
