import {
  BacklogGauges,
  DeadKeeper,
  type Keeping,
  LaterKeeper,
  LetterTidying,
  OverdueTasks,
  StreamGauges,
} from "@myelin/mesh/operate";

/** One thing that keeper does, for as long as it runs; nothing begins before its start. */
export interface Duty {
  /** Resolves when it is at work; tried again when it throws, since streams may be made later. */
  start(): Promise<void>;
  /** Takes nothing new and ends what it does; does nothing where it was not started. */
  stop(): Promise<void>;
}

/** Duties by what log lines say is looked after. */
export type Duties = Readonly<Record<string, (keeping: Keeping) => Duty>>;

/** What keeper does, one line each. */
export const duties: Duties = {
  // Whose workers died each time, and could write no dead letter themselves.
  "dead letters": (keeping) => new DeadKeeper(keeping),
  // Tasks that no worker took before their deadline was over, and that nobody would end.
  "overdue tasks": (keeping) => new OverdueTasks(keeping),
  // Dead letters that were brought back or dropped, a day after.
  "done letters": (keeping) => new LetterTidying(keeping),
  // What waits for each agent: gauges for dashboards and autoscalers.
  backlog: (keeping) => new BacklogGauges(keeping),
  // How full the streams are, and how many dead letters are open: gauges for alerts.
  streams: (keeping) => new StreamGauges(keeping),
  // What is not for now, released as tasks when its time has come.
  "work for later": (keeping) => new LaterKeeper(keeping),
};
