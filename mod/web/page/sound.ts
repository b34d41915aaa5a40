/**
 * Sound of the live pictures: at most one is audible; the levels of all that play are measured.
 *
 * @module
 */

/// <reference lib="dom" />

/** Samples of one measurement: 43 ms at 48 kHz. */
const SAMPLES = 2048;
/** The lowest level that is shown, in dBFS. */
export const SILENT_DB = -60;

/** The sound of one video element. */
export interface SoundChannel {
  /** Returns the peak levels of left and right in dBFS, from -60 to 0. */
  levels(): readonly [number, number];
  /** Makes it audible or not. */
  setAudible(isAudible: boolean): void;
}

/** The mixer. Browsers allow one only after a click or a key. */
export class Mixer {
  readonly #channels = new WeakMap<HTMLVideoElement, SoundChannel>();
  #context: AudioContext | null = null;

  /** Whether levels can be measured and sound can be heard. */
  get isRunning(): boolean {
    return this.#context?.state === "running";
  }

  /** Starts it. Called after a click or a key. */
  async start(): Promise<void> {
    this.#context ??= new AudioContext();
    if (this.#context.state !== "running") await this.#context.resume();
  }

  /** Returns the channel of a video element; null if the mixer is not running. It lasts as long as the element. */
  channelOf(video: HTMLVideoElement): SoundChannel | null {
    if (this.#context === null || !this.isRunning) return null;
    const known = this.#channels.get(video);
    if (known !== undefined) return known;
    const channel = connect(this.#context, video);
    this.#channels.set(video, channel);
    return channel;
  }
}

/** Connects the sound of the element to the speakers through a gain of 0, in place of its direct connection. */
function connect(context: AudioContext, video: HTMLVideoElement): SoundChannel {
  const source = context.createMediaElementSource(video);
  video.muted = false; // the gain mutes it
  const gain = new GainNode(context, { gain: 0 });
  source.connect(gain).connect(context.destination);
  // mono becomes both channels, and more than two are mixed down
  const stereo = new GainNode(context, { channelCount: 2, channelCountMode: "explicit" });
  const splitter = new ChannelSplitterNode(context, { numberOfOutputs: 2 });
  source.connect(stereo).connect(splitter);
  const samples = new Float32Array(SAMPLES);
  const levelOf = [0, 1].map((side) => {
    const analyser = new AnalyserNode(context, { fftSize: SAMPLES });
    splitter.connect(analyser, side);
    return () => {
      analyser.getFloatTimeDomainData(samples);
      const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
      return Math.min(0, Math.max(SILENT_DB, 20 * Math.log10(peak)));
    };
  });
  return {
    levels: () => [levelOf[0]?.() ?? SILENT_DB, levelOf[1]?.() ?? SILENT_DB],
    setAudible: (isAudible) => void (gain.gain.value = isAudible ? 1 : 0),
  };
}
