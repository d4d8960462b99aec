"""What people do by links that are sent by e-mail: register, choose a new password, confirm an address.

A request only says that a letter was sent, if there is somebody to send it to; whether there is is found out
beside the request (`mail.Mail`), so that neither its answer nor its time tells. Start reading at
`registration`.
"""
