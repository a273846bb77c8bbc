"""What an office takes in and keeps for itself: files that are handed in, a new study, its private folder."""
