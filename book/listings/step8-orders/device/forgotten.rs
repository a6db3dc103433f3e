if !answer.session_present && done.last > 0 {
    eprintln!(
        "The broker has forgotten us: tasks after {} are lost.",
        done.last
    );
}
