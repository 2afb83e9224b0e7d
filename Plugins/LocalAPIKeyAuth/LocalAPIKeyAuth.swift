// LocalAPIKeyAuth
