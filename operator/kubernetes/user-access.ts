// The API server as somebody else: with the token that they showed, over connections that carry nothing of
// ours. A client certificate would make every caller the operator.
import { readFile } from 'node:fs/promises';
import { ACCOUNT, agentFor, serverOf, type Access } from './access.ts';

/** How to reach it as who has this token; null: this is no pod, and its certificate is not known. */
export function accessOfUsers(
  environment: Readonly<Record<string, string | undefined>>,
  folder = ACCOUNT,
): ((token: string) => Promise<Access>) | null {
  const server = serverOf(environment);
  if (server === null) return null;
  return async (token) =>
    userAccess({ server, ca: await readFile(`${folder}/ca.crt`, 'utf8') }, token);
}

/** `ca`: whom to believe that it is the API server. */
export function userAccess(
  { server, ca }: { readonly server: string; readonly ca: string },
  token: string,
): Access {
  const agent = agentFor(ca);
  return {
    server,
    authorize: () =>
      Promise.resolve({ headers: { authorization: `Bearer ${token}` }, dispatcher: agent }),
    close: () => agent.destroy(),
  };
}
