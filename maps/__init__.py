"""Drawing: style, words in three languages, the page, one map a file."""
