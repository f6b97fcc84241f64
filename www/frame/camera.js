// The camera's life: asked for once, lost in known ways, always switched off.

import { choose, chosenBefore, isFit, listCameras } from './cameras.js';
import { Problem } from './problem.js';
import { el, orAbort } from './screen.js';
import { t } from './strings.js';

const SMALLEST_SIDE = 240;

/**
 * Asks for the camera and waits for its first picture.
 *
 * @param wanted 'user' (default: the resident's own choice, if there was one), 'environment' or a device id
 * @returns {Promise<{video: HTMLVideoElement, cameras: object[], id: string, lost: Promise<never>, stop: Function}>}
 *   `cameras` are all that there are, and `id` is which this is; `lost` rejects when the camera goes away or the tab is
 *   hidden; `stop` switches it off and may be called twice
 */
export async function openCamera(screen, wanted, signal) {
  screen.show(
    { name: 'permission', title: t('permission.title') },
    el('p', { class: 'lead' }, t('permission.lead')),
    el('div', { class: 'busy', role: 'presentation' }),
  );
  const asked = best(wanted);
  // Allowed after the resident already left: switched off before anything looks at it.
  asked.then(({ stream }) => signal.aborted && switchOff(stream), () => {});
  const { stream, cameras } = await orAbort(asked, signal);
  const stop = () => switchOff(stream);
  try {
    const lost = watch(stream, signal, stop);
    return { video: await play(stream), cameras, id: deviceOf(stream), lost, stop };
  } catch (error) {
    stop();
    throw error;
  }
}

/** What was asked for; where nobody chose, a camera that shows faces rather than one that does not. */
async function best(wanted) {
  const kept = !wanted || wanted === 'user' ? chosenBefore() : null;
  const stream = kept ? await requestKept(kept, wanted) : await request(wanted);
  const cameras = await listCameras();
  const [track] = stream.getVideoTracks();
  const [first] = cameras;
  const open = !wanted || wanted === 'user';
  if (!open || deviceOf(stream) === kept || isFit(track) || !first || !isFit(first)) return { stream, cameras };
  // Two cameras at once are more than many machines can do.
  switchOff(stream);
  return { stream: await request(first.id).catch(() => request(wanted)), cameras };
}

/** The camera chosen before, unless it is gone. */
async function requestKept(kept, wanted) {
  try {
    return await request(kept);
  } catch (error) {
    if (error.code !== 'camera.none') throw error;
    choose(null);
    return request(wanted);
  }
}

const deviceOf = (stream) => stream.getVideoTracks()[0]?.getSettings().deviceId ?? '';

async function request(wanted) {
  if (!isSecureContext) throw Problem.local('env.insecure_context');
  if (!navigator.mediaDevices?.getUserMedia) throw Problem.local('env.unsupported');
  const which = !wanted || wanted === 'user' || wanted === 'environment'
    ? { facingMode: wanted || 'user' }
    : { deviceId: { exact: wanted } };
  try {
    return await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { ...which, width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } },
    });
  } catch (error) {
    throw Problem.local(codeOf(error));
  }
}

function codeOf(error) {
  if (error.name === 'NotAllowedError') return document.featurePolicy?.allowsFeature('camera') === false ? 'env.policy_blocked' : 'camera.denied';
  if (error.name === 'NotFoundError' || error.name === 'OverconstrainedError') return 'camera.none';
  return 'camera.in_use';
}

async function play(stream) {
  const video = el('video', { playsinline: '', muted: '', 'aria-hidden': 'true' });
  video.muted = true;
  video.srcObject = stream;
  await video.play();
  if (Math.min(video.videoWidth, video.videoHeight) < SMALLEST_SIDE) throw Problem.local('camera.too_small');
  return video;
}

function switchOff(stream) {
  for (const track of stream.getTracks()) track.stop();
}

/** Switches off and rejects when the camera ends, the tab is hidden or the page goes away. */
function watch(stream, signal, stop) {
  const lost = new Promise((_resolve, reject) => {
    const lose = (code) => {
      stop();
      reject(Problem.local(code));
    };
    const [track] = stream.getVideoTracks();
    track.addEventListener('ended', () => lose('camera.ended'));
    document.addEventListener('visibilitychange', () => document.hidden && lose('user.inactive'), { signal });
    addEventListener('pagehide', () => lose('user.inactive'), { signal });
    signal.addEventListener('abort', stop, { once: true });
  });
  lost.catch(() => {});
  return lost;
}
