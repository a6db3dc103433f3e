if !file.try_exists()? {
    return Ok(None);
}
let text = fs::read(file)?;
match serde_json::from_slice(&text) {
    Ok(kept) => Ok(Some(kept)),
    Err(problem) => {
        let aside = file.with_extension("unreadable");
        fs::rename(file, &aside)?;
        eprintln!("{} makes no sense: {problem}.", file.display());
        eprintln!("It is called {} now. A new run begins.", aside.display());
        Ok(None)
    }
}
