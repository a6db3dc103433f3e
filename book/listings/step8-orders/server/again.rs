lock(&desk).send_again();
