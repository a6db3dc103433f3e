readings: HashMap<String, Reading>,
