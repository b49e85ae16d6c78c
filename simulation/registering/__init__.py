"""What facilities make of people who are new to them: a Patient of their own, now and then a wrong one."""
