let task: Task = match serde_json::from_slice(payload) {
    Ok(task) => task,
    Err(problem) => {
        eprintln!("Task ignored: {problem}");
        return Ok(false);
    }
};
if task.seq <= done.last {
    eprintln!("Task {} ignored: {} is done already.", task.seq, done.last);
    return Ok(false);
}
// Whoever is killed between the two does it twice. The other way round it would not be done.
led.set_state(PinState::from(task.led_on))?;
println!("Task {} done: led_on {}", task.seq, task.led_on);
done.write(task.seq)?;
Ok(true)
