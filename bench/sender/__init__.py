"""Parts of the bench of the sender; `bench/mail.py` runs them."""
