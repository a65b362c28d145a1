"""rasa-sdk actions, one file for one act of dialogue. They choose words; they hold no web code and no medicine."""
