import { taskSubject } from "@myelin/subjects";
import type { Login } from "../support/login.ts";
import { names } from "./names.ts";

/** Where a program does its part. */
export interface Place {
  readonly url: string;
  readonly login: Login;
}

/** Where every task of this bench goes. */
export const subject = taskSubject({
  ...{ agent: names.worker, skill: "echo" },
  ...{ priority: "normal", submitter: names.submitter },
});
