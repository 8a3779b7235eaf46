import type { AccessRecord, Located, Logger, Mesh, TasksOptions } from "@myelin/mesh";
import type { ChatServer } from "../model/chat.ts";
import type { Settings } from "../settings.ts";

/** What an agent's process brings to its agent. */
export interface Post {
  readonly settings: Settings;
  readonly chat: ChatServer | undefined;
  /** The instance's name for people. */
  readonly label: string;
  readonly connection: Located & {
    readonly logger: Logger;
    readonly onAccess: (record: AccessRecord) => void;
    readonly waitForBrokerMs: number;
  };
  /** How often, and after how long, a task is attempted again. */
  readonly tasks: Omit<TasksOptions, "concurrency">;
}

/** Joins the mesh and serves one agent. */
export type TakePost = (post: Post) => Promise<Mesh>;
