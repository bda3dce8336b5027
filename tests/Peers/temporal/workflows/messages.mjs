import { HandlerUnfinishedPolicy } from '@temporalio/common';
import {
  ApplicationFailure, allHandlersFinished, condition, currentUpdateInfo, defineQuery, defineSignal, defineUpdate, proxyActivities, setDefaultSignalHandler, setHandler, sleep, workflowInfo,
} from '@temporalio/workflow';

export const note = defineSignal('note');
export const go = defineSignal('go');
export const notes = defineQuery('notes');
export const noteAt = defineQuery('noteAt');
export const change = defineUpdate('change');
export const early = defineUpdate('early');
export const finish = defineUpdate('finish');

/** Ends when it has heard so many notes. */
export async function listener(count) {
  const heard = [];
  setHandler(notes, () => heard);
  setHandler(noteAt, (i) => {
    if (i >= heard.length) {
      throw new Error(`there is no note ${i}`);
    }
    return heard[i];
  });
  setHandler(note, (text) => {
    heard.push(text);
  });
  await condition(() => heard.length >= count);
  return heard;
}

/** Takes any signal, known or not. */
export async function hearsAll(count) {
  const heard = [];
  setDefaultSignalHandler((name, ...args) => {
    heard.push([name, ...args]);
  });
  await condition(() => heard.length >= count);
  return heard;
}

/** Takes its time to listen: what comes before waits. */
export async function latecomer() {
  const heard = [];
  await sleep('100 ms');
  setHandler(note, (text) => {
    heard.push(text);
  });
  await condition(() => heard.length > 0);
  return heard;
}

/** A signal handler that throws the failure of its caller's choice. */
export async function touchy() {
  setHandler(note, (text) => {
    throw ApplicationFailure.nonRetryable(`cannot bear ${text}`);
  });
  await condition(() => false);
}

/** Keeps a value; each change runs an activity. */
export async function keeper() {
  const { same } = proxyActivities({ startToCloseTimeout: '30 seconds' });
  let value = 0;
  let done = false;
  const log = [];
  setHandler(notes, () => log);
  setHandler(go, () => {
    done = true;
  });
  setHandler(early, () => log.push('update') && workflowInfo().historyLength);
  setHandler(
    change,
    async (n) => {
      log.push(`begin ${currentUpdateInfo().id}`);
      if (n === 13) {
        throw ApplicationFailure.create({ message: 'not thirteen', type: 'Superstition', details: [n] });
      }
      value = await same(n);
      log.push(`end ${currentUpdateInfo().id}`);
      return value;
    },
    {
      validator: (n) => {
        if (typeof n !== 'number') {
          throw ApplicationFailure.create({ message: `${n} is not a number`, type: 'Refused' });
        }
      },
    },
  );
  setHandler(finish, () => {
    done = true;
    return 'finished';
  });
  log.push('main');
  await condition(() => done && allHandlersFinished());
  return { value, log };
}

/** Accepts an update and closes before it is done. */
export async function closesEarly() {
  let begun = false;
  setHandler(change, async () => {
    begun = true;
    await sleep('1 hour');
  }, { unfinishedPolicy: HandlerUnfinishedPolicy.ABANDON });
  await condition(() => begun);
}
