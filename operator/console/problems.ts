// Failures → RFC 9457 problem documents, as the ring's own REST interface gives them.
import type { Middleware } from 'koa';
import { ERRORS, RingError } from '../../core/errors.ts';

/** The outermost middleware but for the headers. What is no RingError is a bug and keeps its words to itself. */
export function problems(told: (error: unknown) => void): Middleware {
  return async (ctx, next) => {
    try {
      await next();
      if (ctx.status === 404 && ctx.body == null)
        throw new RingError('NOT_FOUND', `there is nothing at ${ctx.path}`);
    } catch (error) {
      if (!(error instanceof RingError)) told(error);
      const known =
        error instanceof RingError ? error : new RingError('INTERNAL', 'see the operator’s output');
      const { status, title, retryable } = ERRORS[known.code];
      ctx.status = status;
      if (known.code === 'UNAUTHORIZED') ctx.set('WWW-Authenticate', 'Bearer');
      ctx.body = JSON.stringify({
        type: `urn:ringkeeper:error:${known.code}`,
        title,
        status,
        detail: known.message,
        code: known.code,
        retryable,
      });
      ctx.set('Content-Type', 'application/problem+json');
    }
  };
}
