/** Limits of `engine`. */

/** Longest frame on a channel: an item of 1 GiB, and room for what stands around it. */
export const MAX_FRAME_BYTES = 1_342_177_280;
/** Longest frame on the control channel of an engine process. */
export const MAX_CONTROL_FRAME_BYTES = 65_536;
/** Longest text in a frame: a message, a trap, a name. Longer ones are cut. */
export const MAX_TEXT_BYTES = 16_384;
/** Bytes up to which a part of a frame is copied into the batch; longer parts are written from where they lie. */
export const COPY_BELOW_BYTES = 8_192;
/** Size of the buffers in which batches of frames are put together, and of a thread's reads. */
export const BATCH_BYTES = 65_536;
/** Sets with so many bytes go through the file that gateway and thread share, where there is one. */
export const SHARE_FROM_BYTES = 32_768;
/** What a thread reads of such sets at first: the heads of most. */
export const FIRST_SHARED_BYTES = 4_096;
/** Length of that file: what does not fit goes through the socket, like sets that are longer. */
export const SHARED_BYTES = 33_554_432;
/** Its memory that stays when nothing is in it. */
export const KEPT_SHARED_BYTES = 8_388_608;
/** A thread keeps its buffer for long frames for the next one, up to this size. */
export const MAX_KEPT_FRAME_BYTES = 16_777_216;

/** Channels of an engine process: each is used by one thread, and not again after that thread was ended. */
export const CHANNELS_PER_PROCESS = 32;
/** An engine process is replaced when it has fewer unused channels than this. */
export const MIN_UNUSED_CHANNELS = 4;
export const MAX_PROCESSES = 64;
export const MAX_THREADS_PER_PROCESS = 16;

/** Tasks that wait for a thread. */
export const MAX_WAITING_TASKS = 65_536;
/** Tasks that are sent to one thread and have no result yet. */
export const MAX_TASKS_PER_THREAD = 64;
/** Work, by estimate, up to which a thread gets more tasks, in µs. */
export const AHEAD_US = 1_000;
/** Work, by estimate, up to which a thread that runs one task gets a second one, in µs. */
export const SECOND_TASK_US = 10_000;
/** What a segment takes as long as nothing is known of it, in µs. */
export const FIRST_ESTIMATE_US = 500;
/** What it costs to open a function on a thread that does not hold it, for the choice of a thread, in µs. */
export const OPEN_ESTIMATE_US = 1_000;
/** What it costs to wake a thread that has nothing to do, in µs: a few short tasks are done sooner one behind the other. */
export const WAKE_ESTIMATE_US = 50;
/** Bytes that may wait in the gateway for a thread to read them; with more, it gets no further task. */
export const MAX_UNREAD_BYTES = 1_048_576;
/** A task is tried on so many threads before it is given up. */
export const MAX_ATTEMPTS = 3;

export const MAX_SEGMENT_STEPS = 256;
/** Runs of one step of a segment, whatever its fan-out says. */
export const MAX_FAN_OUT = 4_096;
/** Bytes of all sets that one segment makes. */
export const MAX_SEGMENT_BYTES = 1_073_741_824;
/** Bytes kept of what a task has printed whose thread is ended; with what stands around them they fit a control frame. */
export const LAST_WORDS_BYTES = 32_768;
/** Bytes of all logs of one segment. */
export const MAX_SEGMENT_LOG_BYTES = 1_048_576;
/** Segments that a thread keeps. */
export const MAX_SEGMENTS_PER_THREAD = 1_024;
/** Functions that a thread holds, most of them as compiled code. */
export const MAX_FUNCTIONS_PER_THREAD = 16_384;
/** Of these, how many have an instance and a memory: each may reserve 10 GiB of addresses, of the 128 TiB that a process has. */
export const MAX_AWAKE_PER_THREAD = 256;
/** Bytes that the functions of a thread keep alive. */
export const MAX_FUNCTION_BYTES_PER_THREAD = 268_435_456;
/** How often a thread looks at what all of its functions that are awake keep alive, in functions that it opens. */
export const OPENED_PER_WEIGHING = 32;
/** Inputs of so many bytes may have made a function's memory larger: what it keeps alive is looked at after such a run. */
export const WEIGHED_FROM_BYTES = 65_536;
/** Bytes of prepared modules that the gateway keeps for threads that need them. */
export const MAX_SHELF_BYTES = 134_217_728;

/** A thread writes its results when so many wait, or when the oldest waits for so long. */
export const RESULTS_PER_WRITE = 8;
export const RESULT_DELAY_MS = 0.2;
/** A thread that never waits lets its event loop run so often, in tasks. */
export const TASKS_PER_BREATH = 1_024;

/** How often an engine process looks for runs that are over their time. */
export const WATCH_INTERVAL_MS = 20;
/** A thread that was ended has so long to be gone; then its whole process is. */
export const TERMINATE_GRACE_MS = 1_000;
/** And its host has looked so often. */
export const MIN_TERMINATE_LOOKS = 10;
/** Time to open one function on a thread. */
export const OPEN_TIMEOUT_MS = 30_000;
/** Time to check and rewrite one module. */
export const PREPARE_TIMEOUT_MS = 30_000;
/** Modules that wait to be prepared. */
export const MAX_WAITING_PREPARATIONS = 256;

/** A thread that runs a task for so long, in ms, though its caller has left, is ended: shorter ones end by themselves. */
export const CANCEL_AFTER_MS = 100;
/** A thread that gives no result for so long loses the tasks that wait behind the one it runs, in ms. */
export const STALL_MS = 5;
export const MAINTENANCE_INTERVAL_MS = 5;
export const PING_INTERVAL_MS = 500;
/** An engine process whose main thread does not answer for so long is killed. */
export const PING_TIMEOUT_MS = 3_000;
/** From the start of an engine process to the first words of its threads. */
export const START_TIMEOUT_MS = 15_000;
/** Pause before a process is started again after one that did not come up; doubled each time. */
export const FIRST_RESTART_DELAY_MS = 100;
export const MAX_RESTART_DELAY_MS = 5_000;
/** With so many failed starts in a row, waiting tasks are refused instead of waiting on. */
export const MAX_FAILED_STARTS = 3;
/** Running tasks have so long to end when the engines are stopped. */
export const STOP_GRACE_MS = 2_000;
/** A process that was told to end has so long until it is killed. */
export const EXIT_GRACE_MS = 1_000;
/** Bytes kept of what an engine process says on stderr. */
export const STDERR_TAIL_BYTES = 8_192;
/** How often an engine process looks at its own memory. */
export const MEMORY_INTERVAL_MS = 250;
/** Functions that the gateway knows by number. */
export const MAX_SHELF_FUNCTIONS = 16_384;
