/** A worker's rows to itself: into the same inbox, without a socket and without a copy. */
import type { AppError } from '@pappus/core';
import type { Inbox } from './inbox.ts';
import type { FrameSink } from './outgoing.ts';

/** `inbox` is null when the query is over; then everything is dropped. */
export function localSink(inbox: Inbox | null, producer: number): FrameSink {
  let stopped = inbox === null;
  inbox?.begin(producer, () => {
    stopped = true;
  });
  return {
    write(frame) {
      if (inbox === null || stopped) return Promise.resolve();
      return new Promise((resolve) => inbox.deliver(frame, resolve));
    },
    async end() {
      inbox?.end(producer);
    },
    async abort(error: AppError) {
      inbox?.fail(error);
    },
  };
}
