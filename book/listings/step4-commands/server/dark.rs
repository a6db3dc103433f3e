/// Below this light level it is night.
const DARK: u64 = 300;
