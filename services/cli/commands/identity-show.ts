import { type IdentityFacts, identityFacts } from "@myelin/mesh/operate";
import { printJson } from "../context.ts";
import { Exit } from "../failure.ts";
import { type HomeContext, open, shown } from "../home.ts";
import { count } from "../table.ts";
import { day, nameIn } from "./identity.ts";

/** Shows what a name has, and what the server lets it do. */
export async function show(context: HomeContext, name: string): Promise<number> {
  const facts = identityFacts(open(context), nameIn(name, context));
  if (context.json) printJson(context, facts);
  else for (const one of facts) tell(context, one);
  return Exit.ok;
}

function tell(context: HomeContext, facts: IdentityFacts): void {
  const { terminal, palette } = context;
  const say = (what: string, text: string): void => {
    terminal.out.write(`${palette.dim(what.padEnd(10))} ${text}\n`);
  };
  say("name", palette.bold(facts.name));
  say("account", facts.account);
  say("role", facts.role);
  say("state", facts.state);
  say("key", facts.user);
  say("issued", `${day(facts.at)}, ${count(facts.keys, "key")} in all`);
  say("expires", day(facts.expires));
  say("file", shown(context, facts.path));
  if (facts.skills.length > 0) say("skills", facts.skills.join(", "));
  for (const subject of facts.permissions.publish) say("publish", subject);
  for (const subject of facts.permissions.subscribe) say("subscribe", subject);
  for (const subject of facts.permissions.unheard ?? []) say("not heard", subject);
  terminal.out.write("\n");
}
