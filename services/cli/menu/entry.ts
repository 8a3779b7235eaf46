import type { Command } from "commander";
import type { Context } from "../context.ts";
import type { HomeContext } from "../home.ts";

/** Options as commander parsed them. */
export type Options = Readonly<Record<string, string>>;

/** Does one command's work with what commander parsed; the answer is the exit code. */
export type Work<C = Context> = (
  context: C,
  args: readonly string[],
  options: Options,
) => Promise<number>;

/** Adds a command that works on a mesh, below `parent` where there is one. */
export type Add = (name: string, summary: string, work: Work, parent?: Command) => Command;

/** Adds a command that works on a home, below `parent` where there is one. */
export type AddToHome = (
  name: string,
  summary: string,
  work: Work<HomeContext>,
  parent?: Command,
) => Command;
