/// Below this light level it is night.
const DARK: u16 = 300;
