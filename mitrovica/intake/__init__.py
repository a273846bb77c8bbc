"""What an office takes in and keeps to itself: files handed in, a new study, private folders."""
